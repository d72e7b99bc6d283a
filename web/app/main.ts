/** Main: what runs first in the page. */
import './shut';
import '../look/tokens.css';
import '../look/base.css';
import './words';
import { mount } from 'svelte';
import App from './App.svelte';
import { keepForLater } from './offline';
import { server } from './server.svelte';
import './installing.svelte';
import { welcome } from './welcomed';

const place = document.getElementById('app');
if (place === null) throw new Error('the page has no place for the app');
welcome();
void server.look();
mount(App, { target: place });
void keepForLater();
